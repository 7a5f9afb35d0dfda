resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

resource "pangea_management_client" "shop" {
  name   = "shop"
  scopes = ["pangea:platform:project:read"]
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

# By hand: terraform apply -invoke=action.pangea_client_secret_rotate.shop
action "pangea_client_secret_rotate" "shop" {
  config {
    client_id             = pangea_management_client.shop.client_id
    client_secret_id      = pangea_management_client.shop.client_secret_id
    grace_period          = "24h"
    impersonate_client_id = pangea_management_client.shop.client_id
  }
}

# Or with whatever tells that it is time.
resource "terraform_data" "quarter" {
  input = "2026-Q1"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.pangea_client_secret_rotate.shop]
    }
  }
}
