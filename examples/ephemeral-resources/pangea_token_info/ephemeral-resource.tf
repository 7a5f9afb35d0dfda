ephemeral "pangea_access_token" "it" {}

ephemeral "pangea_token_info" "it" {
  token = ephemeral.pangea_access_token.it.access_token

  lifecycle {
    postcondition {
      condition     = self.active && contains(self.scopes, "pangea:platform:project:read")
      error_message = "The login must be able to read projects."
    }
  }
}
