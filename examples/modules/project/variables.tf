variable "name" {
  type        = string
  description = "Name of the project, and the beginning of every other name."
}

variable "geo" {
  type        = string
  description = "Geography in which the project's data lives. Another one replaces the project."
  default     = "us"
}

variable "domain" {
  type        = string
  description = "Domain of the project's services, where its geography is not the provider's, such as aws.eu.pangea.cloud."
  default     = null
}

variable "audit_hot_storage" {
  type        = string
  description = "How long the audit log is kept where it is searched fast."
  default     = "30d"
}

variable "secret_recipient" {
  type        = string
  description = "The age recipient (age1…) to whom the clients' secrets are encrypted."
}

variable "rotation" {
  type        = string
  description = "Any text. Another one gives every client a new secret and revokes the old one."
  default     = "1"
}
