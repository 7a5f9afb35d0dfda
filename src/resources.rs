//! The managed resources, one file each.

pub mod client_grant;
pub mod client_secret;
pub mod management_client;
pub mod oauth_client;
pub mod organization;
pub mod project;
pub mod service_client;
pub mod service_config;

mod expiry;
pub(crate) mod role;
pub(crate) mod scopes;

use std::time::Duration;

use crate::access::Holding;

pub use client_grant::ClientGrant;
pub use client_secret::ClientSecret;
pub use management_client::ManagementClient;
pub use organization::Organization;
pub use project::Project;
pub use service_client::ServiceClient;
pub use service_config::ServiceConfig;

/// How long an operation may take where its resource doesn't say. As long as most providers give theirs: it ends what would never end,
/// and nothing that goes on.
const OPERATION_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The warning for access that two resources plan to hold on one client.
fn declared_twice(shared: &Holding) -> String {
    format!(
        "Another resource of this configuration declares {} on the same client. Where one of them is taken away, the client \
         may lose it until the next apply grants it again. Declare it in one place.",
        shared.names()
    )
}
