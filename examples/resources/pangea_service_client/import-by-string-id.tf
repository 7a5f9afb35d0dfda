import {
  to = pangea_service_client.app
  id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/psa_wuk7tvtpswyjtlsx52b7yyi2l7zotv4a"
}
