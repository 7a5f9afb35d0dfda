import {
  to = pangea_service_config.audit
  id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/audit/pci_wuk7tvtpswyjtlsx52b7yyi2l7zotv4a"
}
