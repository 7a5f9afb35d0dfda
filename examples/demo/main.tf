# What `cargo xtask demo` applies: a project for each team, a client for each project, a further grant, and the keys of AuthN.

terraform {
  required_providers {
    pangea = {
      source = "pangea/pangea"
    }
  }
}

# Address, credentials and organization come from the environment.
provider "pangea" {}

locals {
  # A key names a project for good; its name may change.
  projects = {
    shop   = { name = "shop", geo = "us" }
    ledger = { name = "ledger", geo = "eu" }
  }
}

resource "pangea_project" "team" {
  for_each = local.projects

  name = each.value.name
  geo  = each.value.geo
}

resource "pangea_management_client" "pipeline" {
  for_each = pangea_project.team

  name   = "${each.key}-pipeline"
  scopes = ["pangea:platform:project:read"]
  roles = [{
    type = "project"
    id   = each.value.id
    role = "admin"
  }]

  client_secret_expires_in = 90 * 24 * 3600 # seconds

  # A project takes its clients along when it is replaced.
  lifecycle {
    replace_triggered_by = [pangea_project.team[each.key].id]
  }
}

resource "pangea_client_grant" "shop_audit" {
  client_id = pangea_management_client.pipeline["shop"].client_id
  scopes    = ["pangea:service:audit:config:manage"]
}

data "pangea_jwks" "signing" {}

output "client_ids" {
  value = { for name, client in pangea_management_client.pipeline : name => client.client_id }
}

output "signing_keys" {
  value = { for key in data.pangea_jwks.signing.keys : key.kid => key.alg }
}
