# `terraform query -generate-config-out=found.tf` writes a resource and an import block for each.
list "pangea_management_client" "all" {
  provider = pangea
}

list "pangea_management_client" "may_delete_projects" {
  provider         = pangea
  include_resource = true

  config {
    scopes     = ["pangea:platform:project:manage"]
    created_at = { gte = "2025-01-01T00:00:00Z" }
  }
}
