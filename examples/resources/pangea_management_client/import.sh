# A client is imported by its id. Its secret cannot be read back: client_secret stays empty.
terraform import pangea_management_client.pipeline psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs
