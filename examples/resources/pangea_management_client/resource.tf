resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

# A client of the project, for its pipeline.
resource "pangea_management_client" "pipeline" {
  name   = "shop-pipeline"
  scopes = ["pangea:platform:project:read", "pangea:service:audit:config:manage"]

  # Scopes say which calls the client may make, the role says on which project. Without a role it can call nothing.
  roles = [{
    type = "project"
    id   = pangea_project.shop.id
    role = "admin"
  }]

  client_secret_expires_in = 90 * 24 * 3600 # seconds

  # A project that is replaced takes all that is in it along: see `pangea_project`.
  lifecycle {
    replace_triggered_by = [pangea_project.shop.id]
  }
}

# A client whose first secret is dropped and revoked at once: the state holds no secret.
resource "pangea_management_client" "auditor" {
  name                = "shop-auditor"
  scopes              = ["pangea:platform:project:read"]
  store_client_secret = false
}

output "pipeline_secret" {
  value     = pangea_management_client.pipeline.client_secret
  sensitive = true
}
