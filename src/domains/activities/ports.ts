import type { Sport } from '../../generated/prisma/enums.ts'

export { UnreadableRecording } from './errors.ts'
export { recordingMessages } from './messages.ts'

/** A point of a recording. A value that was not measured is null, never 0. */
export interface TrackPoint {
  readonly elapsedSeconds: number
  /** Degrees, WGS 84. */
  readonly latitude: number | null
  readonly longitude: number | null
  readonly altitudeMeters: number | null
  /** Covered since the start. */
  readonly distanceMeters: number | null
  readonly heartRateBpm: number | null
  readonly speedMetersPerSecond: number | null
  readonly cadenceRpm: number | null
  readonly powerWatts: number | null
}

export interface RecordedLap {
  readonly startedAt: Date
  readonly distanceMeters: number | null
  readonly durationSeconds: number
  readonly averageHeartRateBpm: number | null
}

/** The content of a FIT, GPX or TCX file. A value that was not measured is null, never 0. */
export interface Recording {
  readonly sport: Sport
  readonly startedAt: Date
  /** Local time minus UTC where it was recorded; null if the device did not record it. */
  readonly utcOffsetMinutes: number | null
  readonly distanceMeters: number | null
  /** From start to end, without pauses of the device's timer. */
  readonly durationSeconds: number | null
  readonly movingSeconds: number | null
  readonly elevationGainMeters: number | null
  readonly averageSpeedMetersPerSecond: number | null
  readonly averageHeartRateBpm: number | null
  readonly maxHeartRateBpm: number | null
  readonly averageCadenceRpm: number | null
  readonly caloriesKcal: number | null
  /** Example: 'Garmin Fenix 2'. */
  readonly device: string | null
  readonly laps: readonly RecordedLap[]
  readonly track: readonly TrackPoint[]
}

export interface RecordingReader {
  /**
   * Throws UnreadableRecording, with a message for the user, for bytes that are no valid recording; the signal's reason
   * once that is aborted; and another error where the reading ended before it had a result.
   */
  read(bytes: Uint8Array, signal: AbortSignal): Promise<Recording>
}
