resource "pangea_management_client" "pipeline" {
  name   = "pipeline"
  scopes = ["pangea:platform:project:read"]
}

# Adds to what the client has. Another module, or another state, may hold a grant on the same client.
resource "pangea_client_grant" "audit" {
  client_id = pangea_management_client.pipeline.client_id
  scopes    = ["pangea:service:audit:config:manage"]
}
