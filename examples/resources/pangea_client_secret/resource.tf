resource "pangea_management_client" "pipeline" {
  name   = "pipeline"
  scopes = ["pangea:platform:project:read"]

  # Its own first secret is dropped; those below take its place.
  store_client_secret = false
}

# Another value here rotates the secret: the new one is made before the old one is revoked.
resource "terraform_data" "rotation" {
  input = "2026-01"
}

resource "pangea_client_secret" "pipeline" {
  client_id  = pangea_management_client.pipeline.id
  name       = "pipeline, ${terraform_data.rotation.input}"
  expires_in = 90 * 24 * 3600 # seconds

  # The state holds only what this recipient can decrypt.
  encrypt_to = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.rotation]
  }
}

output "pipeline_secret" {
  value = pangea_client_secret.pipeline.encrypted_client_secret
}
