import {
  to = pangea_organization.this
  id = "poi_qie5kaj5o3622tw4qj5qbyw77ship4bh"
}
