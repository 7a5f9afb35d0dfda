resource "pangea_project" "chat" {
  name = "chat"
  geo  = "us"
}

resource "pangea_management_client" "chat" {
  name                = "chat"
  scopes              = ["pangea:service:ai-guard:read", "pangea:service:ai-guard:config:read"]
  store_client_secret = false
  roles = [{
    type = "project"
    id   = pangea_project.chat.id
    role = "admin"
  }]

  # A project that is replaced takes all that is in it along: see `pangea_project`.
  lifecycle {
    replace_triggered_by = [pangea_project.chat.id]
  }
}

# A token that may do one thing, for as long as the run needs it.
ephemeral "pangea_access_token" "guard" {
  impersonate_client_id = pangea_management_client.chat.client_id
  scopes                = ["pangea:service:ai-guard:read"]
}

provider "pangea" {
  alias         = "chat"
  service_token = ephemeral.pangea_access_token.guard.access_token
}

data "pangea_text_guard" "greeting" {
  provider = pangea.chat
  text     = "What is the capital of France?"

  # While the client is made, there is no token yet to ask with.
  depends_on = [pangea_management_client.chat]
}
