import {
  to = pangea_client_secret.pipeline
  identity = {
    client_id        = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs"
    client_secret_id = "pce_3lvxqnpwdxyd5rn4hmdr36z2omk2ka7l"
  }
}
