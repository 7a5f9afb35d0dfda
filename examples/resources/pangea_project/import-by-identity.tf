import {
  to = pangea_project.shop
  identity = {
    id = "ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p"
  }
}
