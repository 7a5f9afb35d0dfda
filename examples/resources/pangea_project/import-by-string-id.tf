import {
  to = pangea_project.shop
  id = "ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p"
}
