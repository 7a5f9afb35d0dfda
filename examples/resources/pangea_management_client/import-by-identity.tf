import {
  to = pangea_management_client.pipeline
  identity = {
    id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs"
  }
}
