ephemeral "pangea_access_token" "login" {}

ephemeral "pangea_token_info" "login" {
  token = ephemeral.pangea_access_token.login.access_token
}

# Only a login that may manage clients makes secrets for a run.
provider "pangea" {
  alias            = "careful"
  mint_run_secrets = contains(ephemeral.pangea_token_info.login.scopes, "pangea:platform:account:manage")
}

data "pangea_projects" "all" {
  provider = pangea.careful
}
