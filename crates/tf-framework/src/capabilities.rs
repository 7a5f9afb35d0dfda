//! What a host can do that not every host can.

/// What Terraform or OpenTofu says with a request that it can do. An older one says nothing, which is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientCapabilities {
    /// "Not yet" is taken for an answer: Terraform 1.9, where it is asked to.
    pub(crate) deferral_allowed: bool,
    /// Write-only attributes are kept out of plan and state: Terraform 1.11, OpenTofu 1.11.
    pub(crate) write_only_attributes_allowed: bool,
    /// A provider may add blocks: Terraform 1.16.
    pub(crate) computed_blocks_allowed: bool,
}
