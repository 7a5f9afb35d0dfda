# The organization that the provider block or PANGEA_ORGANIZATION_ID names.
data "pangea_organization" "this" {}

output "organization" {
  value = "${data.pangea_organization.this.name}, owned by ${data.pangea_organization.this.owner_email}"
}
