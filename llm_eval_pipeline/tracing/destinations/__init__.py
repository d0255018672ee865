"""Where spans can be sent: one file per kind of place, each an OpenTelemetry exporter; no place knows another."""
