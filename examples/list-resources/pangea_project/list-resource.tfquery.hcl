# In a file that ends in .tfquery.hcl, beside the configuration that sets the provider up.
list "pangea_project" "all" {
  provider = pangea
}

list "pangea_project" "shops_in_europe" {
  provider         = pangea
  include_resource = true
  limit            = 20

  config {
    search = "shop"
    geo    = "eu"
  }
}
