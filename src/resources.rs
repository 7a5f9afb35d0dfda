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

use crate::access::Holding;

pub use client_grant::ClientGrant;
pub use client_secret::ClientSecret;
pub use management_client::ManagementClient;
pub use organization::Organization;
pub use project::Project;
pub use service_client::ServiceClient;
pub use service_config::ServiceConfig;

/// The warning for access that two resources plan to hold on one client.
fn declared_twice(shared: &Holding) -> String {
    format!(
        "Another resource of this configuration declares {} on the same client. Where one of them is taken away, the client \
         may lose it until the next apply grants it again. Declare it in one place.",
        shared.names()
    )
}
