import {
  to = pangea_client_grant.audit
  identity = {
    client_id = "psa_34sbtj7vgqvwxu5f2qqxcggjgqvb4tqs"
    scopes    = ["pangea:service:audit:config:manage"]
  }
}
