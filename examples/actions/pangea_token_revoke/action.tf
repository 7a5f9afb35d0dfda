variable "token" {
  description = "An access token that was shown where it should not have been."
  type        = string
  sensitive   = true
  default     = null
}

# TF_VAR_token=pts_... terraform apply -invoke=action.pangea_token_revoke.shown
action "pangea_token_revoke" "shown" {
  config {
    token = var.token
  }
}
