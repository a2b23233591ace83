"""The rule language: YAML and rule text -> checked, typed graph. Knows no trading venue and imports nothing else of ours."""
