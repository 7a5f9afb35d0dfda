data "pangea_client" "pipeline" {
  name = "shop-pipeline"
}

# The projects that the client is an admin of.
data "pangea_client_roles" "projects" {
  client_id     = data.pangea_client.pipeline.id
  resource_type = "project"
  role          = "admin"
}

output "projects_of_the_pipeline" {
  value = [for role in data.pangea_client_roles.projects.roles : role.id]
}
