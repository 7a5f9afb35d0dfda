data "pangea_client" "pipeline" {
  name = "shop-pipeline"
}

data "pangea_client_secrets" "pipeline" {
  client_id = data.pangea_client.pipeline.id
}

# A warning in every plan from 30 days before a secret expires.
check "secrets_are_fresh" {
  assert {
    condition = alltrue([
      for secret in data.pangea_client_secrets.pipeline.secrets : timecmp(secret.expires_at, timeadd(plantimestamp(), "720h")) > 0
    ])
    error_message = "A secret of the pipeline expires within 30 days."
  }
}
