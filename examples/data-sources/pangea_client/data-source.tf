# A client with everything that it may do, wherever that comes from.
data "pangea_client" "pipeline" {
  name = "shop-pipeline"
}

# `check` blocks warn and never stop an apply.
check "pipeline_access" {
  assert {
    condition     = !contains(data.pangea_client.pipeline.effective_scopes, "pangea:platform:org:manage")
    error_message = "The pipeline may rename the organization."
  }
}
