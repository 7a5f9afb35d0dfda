# The management client to act as, and the client's id. Without the former, the provider's default is used, else its login.
terraform import pangea_service_client.app psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/psa_wuk7tvtpswyjtlsx52b7yyi2l7zotv4a
