# The client to act as, the service, and the configuration's id. Without a client before it, the provider's own is used.
terraform import pangea_service_config.audit psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/audit/pci_wuk7tvtpswyjtlsx52b7yyi2l7zotv4a
