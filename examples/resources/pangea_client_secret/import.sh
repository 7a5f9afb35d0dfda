# The client's id, a slash, and the secret's id. The value cannot be read back.
terraform import pangea_client_secret.pipeline psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs/pce_3lvxqnpwdxyd5rn4hmdr36z2omk2ka7l
