"""The web kit: operations as data, bodies with limits, problem+json, OpenAPI, paging, idempotency. Knows no domain."""
