resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

# Its own secret is revoked at once: nobody needs one that lasts.
resource "pangea_management_client" "shop" {
  name                = "shop"
  scopes              = ["pangea:service:audit:config:read", "pangea:service:audit:config:manage"]
  store_client_secret = false
  roles = [{
    type = "project"
    id   = pangea_project.shop.id
    role = "admin"
  }]

  # A project that is replaced takes all that is in it along: see `pangea_project`.
  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}

# A secret for this run alone: it stands in no plan and no state.
ephemeral "pangea_client_secret" "shop" {
  client_id = pangea_management_client.shop.client_id
}

# What it opens needs a provider block of its own: the one that makes the client can't wait for its secret.
provider "pangea" {
  alias            = "shop"
  mint_run_secrets = false
  client_credentials = {
    (pangea_management_client.shop.client_id) = ephemeral.pangea_client_secret.shop.client_secret
  }
}

resource "pangea_service_config" "audit" {
  provider              = pangea.shop
  service               = "audit"
  name                  = "shop"
  impersonate_client_id = pangea_management_client.shop.client_id

  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}
