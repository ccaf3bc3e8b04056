"""JSON Schemas and OpenAPI components as types: their files into one bundle, that into classes."""
