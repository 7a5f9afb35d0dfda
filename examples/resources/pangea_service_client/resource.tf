resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

# The client that manages the project's others. Its secret is never needed: the provider makes one for each run.
resource "pangea_management_client" "admin" {
  name                = "shop-admin"
  store_client_secret = false

  scopes = [
    "pangea:platform:account:manage",
    "pangea:platform:account:read",
    "pangea:service:ai-guard:config:manage",
    "pangea:service:ai-guard:config:read",
  ]

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

resource "pangea_service_config" "guard" {
  service               = "ai-guard"
  name                  = "shop-guard"
  impersonate_client_id = pangea_management_client.admin.client_id

  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}

# A client of the project's application, which may ask AI Guard with this one configuration.
resource "pangea_service_client" "app" {
  name                  = "shop-app"
  scopes                = ["pangea:service:ai-guard:read"]
  impersonate_client_id = pangea_management_client.admin.client_id

  roles = [{
    type = "service_ai_guard_config"
    id   = pangea_service_config.guard.id
    role = "manager"
  }]

  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}

output "app_secret" {
  value     = pangea_service_client.app.client_secret
  sensitive = true
}
