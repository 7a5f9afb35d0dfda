import {
  to = pangea_service_client.app
  identity = {
    id                    = "psa_wuk7tvtpswyjtlsx52b7yyi2l7zotv4a"
    impersonate_client_id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs"
  }
}
