//! The list resources, one file each under the name of the resource that it lists: what `terraform query` finds.

pub mod client_secret;
pub mod management_client;
pub mod project;
pub mod service_client;

pub use client_secret::ClientSecrets;
pub use management_client::ManagementClients;
pub use project::Projects;
pub use service_client::ServiceClients;
