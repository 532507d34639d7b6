import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { byteCount, headerList, httpUrl, list, oneOf, portOrOff, share } from '../value-schemas.ts'

/** Logs, metrics, alerts and traces. The names that begin with OTEL are OpenTelemetry's. */
export const observability = {
  title: 'Observability',
  settings: {
    LOG_LEVEL: {
      schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      default: 'info',
      secret: false,
      property: 'logLevel',
      description:
        'fatal, error, warn, info, debug, trace or silent. Logs are JSON on standard output, and formatted text on a terminal.',
    },
    METRICS_PORT: {
      schema: portOrOff,
      default: '9464',
      secret: false,
      property: 'metricsPort',
      description:
        'The port on which every process, workers included, serves /metrics, /health, /health/live and /health/ready. It must not be public. off: no such port.',
    },
    CLIENT_NAMES: {
      schema: list,
      default: '',
      secret: false,
      property: 'clientNames',
      description:
        'Comma-separated names of your clients, such as web,ios,android, which they send as x-client-name or apollographql-client-name. Metrics count these by name and version, and all others as other. The log has every name.',
    },
    DATABASE_BYTES_LIMIT: {
      schema: byteCount,
      secret: false,
      property: 'databaseBytesLimit',
      description:
        'How many bytes your plan allows the database to have. An alert fires at 80 %. Not set: no such alert.',
    },
    STORAGE_BYTES_LIMIT: {
      schema: byteCount,
      secret: false,
      property: 'storageBytesLimit',
      description:
        'How many bytes of uploaded files you are ready to pay for. An alert fires at 90 %; uploads are not refused. Not set: no such alert.',
    },
    OTEL_EXPORTER_OTLP_ENDPOINT: {
      schema: httpUrl,
      secret: false,
      description:
        'The URL of an OpenTelemetry collector, such as http://collector:4318. Traces are sent to its /v1/traces as OTLP in JSON. Not set: no traces are recorded.',
    },
    OTEL_EXPORTER_OTLP_HEADERS: {
      schema: headerList,
      default: '',
      secret: true,
      description:
        "Headers for the collector, such as your vendor's API key: name=value, comma-separated, values percent-encoded.",
    },
    OTEL_SERVICE_NAME: {
      schema: z.string(),
      default: 'pacer',
      secret: false,
      description: 'The name of this service in traces.',
    },
    OTEL_TRACES_SAMPLER: {
      schema: oneOf(
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ),
      default: 'parentbased_always_on',
      secret: false,
      description:
        "Which traces are recorded: always_on, always_off or traceidratio. With the prefix parentbased_, a request with a traceparent header follows that header's decision.",
    },
    OTEL_TRACES_SAMPLER_ARG: {
      schema: share,
      default: '1',
      secret: false,
      description: 'The share of traces that traceidratio records, from 0 to 1.',
    },
  },
} as const satisfies SettingGroup
