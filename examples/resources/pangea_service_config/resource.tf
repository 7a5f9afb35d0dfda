resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

# The client that acts in the project. Its secret is never needed: the provider makes one for each run.
resource "pangea_management_client" "config" {
  name                = "shop-config"
  scopes              = ["pangea:service:audit:config:manage", "pangea:service:audit:config:read"]
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

resource "pangea_service_config" "audit" {
  service               = "audit"
  name                  = "shop-audit"
  impersonate_client_id = pangea_management_client.config.client_id

  # Only these settings are managed; the others stay as Pangea or the console sets them.
  settings = jsonencode({
    hot_storage = "30d"
    vault_sign  = false
  })

  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}
