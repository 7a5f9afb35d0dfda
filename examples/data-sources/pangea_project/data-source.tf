# A project that another configuration, or a person, manages. The name must be the only one of its kind.
data "pangea_project" "shop" {
  name = "shop"
}

# A client that belongs to it.
resource "pangea_management_client" "reader" {
  name   = "shop-reader"
  scopes = ["pangea:platform:project:read"]
  roles = [{
    type = "project"
    id   = data.pangea_project.shop.id
    role = "admin"
  }]
}
