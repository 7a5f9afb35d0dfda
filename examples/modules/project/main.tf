# A project, who acts in it, its audit configuration, the clients that use it, and a secret for each of them.

resource "pangea_project" "this" {
  name = var.name
  geo  = var.geo
}

locals {
  admin_of_the_project = [{
    type = "project"
    id   = pangea_project.this.id
    role = "admin"
  }]
}

# Pangea deletes a project with all that is in it. So whatever is in this one is replaced together with it.

# Acts in the project: whatever has `impersonate_client_id` below is made, read and deleted in its name. The provider makes it a secret
# for each run, so that none has to be kept for that.
resource "pangea_management_client" "operator" {
  name                = "${var.name}-operator"
  scopes              = ["pangea:platform:account:manage", "pangea:platform:account:read"]
  roles               = local.admin_of_the_project
  store_client_secret = false

  lifecycle {
    replace_triggered_by = [pangea_project.this.id]
  }
}

# Access to a service is a grant of its own. Whoever needs it refers to the client through the grant, so that Terraform makes the grant
# first and takes it away last.
resource "pangea_client_grant" "operator" {
  client_id = pangea_management_client.operator.client_id
  scopes    = ["pangea:service:audit:config:manage", "pangea:service:audit:config:read"]
}

resource "pangea_service_config" "audit" {
  service               = "audit"
  name                  = "${var.name}-audit"
  impersonate_client_id = pangea_client_grant.operator.client_id
  domain                = var.domain

  settings = jsonencode({
    hot_storage = var.audit_hot_storage
  })

  lifecycle {
    replace_triggered_by = [pangea_project.this.id]
  }
}

# For the project's own pipeline.
resource "pangea_management_client" "pipeline" {
  name                = "${var.name}-pipeline"
  scopes              = ["pangea:platform:project:read"]
  roles               = local.admin_of_the_project
  store_client_secret = false

  lifecycle {
    replace_triggered_by = [pangea_project.this.id]
  }
}

# For the application: it calls services and manages nothing.
resource "pangea_service_client" "app" {
  name                  = "${var.name}-app"
  scopes                = ["pangea:service:ai-guard:read"]
  impersonate_client_id = pangea_management_client.operator.client_id
  store_client_secret   = false

  lifecycle {
    replace_triggered_by = [pangea_project.this.id]
  }
}

resource "terraform_data" "rotation" {
  input = var.rotation
}

# The new secrets are made before the old ones are revoked. The state holds only what the recipient can decrypt.
resource "pangea_client_secret" "this" {
  for_each = {
    operator = pangea_management_client.operator.client_id
    pipeline = pangea_management_client.pipeline.client_id
    app      = pangea_service_client.app.client_id
  }

  client_id  = each.value
  name       = "${var.name}-${each.key}, ${var.rotation}"
  expires_in = 180 * 24 * 3600 # seconds
  encrypt_to = var.secret_recipient

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.rotation]
  }
}
