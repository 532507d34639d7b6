import type { Sport } from '../../generated/prisma/enums.ts'

export { UnreadableRecording } from './errors.ts'

/** A moment of a recording. What was not measured is null, never 0. */
export interface TrackPoint {
  readonly elapsedSeconds: number
  /** Degrees, WGS 84. */
  readonly latitude: number | null
  readonly longitude: number | null
  readonly altitudeMeters: number | null
  /** From the start. */
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

/** What a FIT, GPX or TCX file says of one activity. What was not measured is null, never 0. */
export interface Recording {
  readonly sport: Sport
  readonly startedAt: Date
  /** Local time minus UTC where it was recorded, when the device noted it. */
  readonly utcOffsetMinutes: number | null
  readonly distanceMeters: number | null
  /** From start to end without the pauses that the person made (the device's timer). */
  readonly durationSeconds: number | null
  readonly movingSeconds: number | null
  readonly elevationGainMeters: number | null
  readonly averageSpeedMetersPerSecond: number | null
  readonly averageHeartRateBpm: number | null
  readonly maxHeartRateBpm: number | null
  readonly averageCadenceRpm: number | null
  readonly caloriesKcal: number | null
  /** 'Garmin Fenix 2'. */
  readonly device: string | null
  readonly laps: readonly RecordedLap[]
  readonly track: readonly TrackPoint[]
}

export interface RecordingReader {
  /** Throws UnreadableRecording, with a sentence for a runner, for whatever the bytes may be. */
  read(bytes: Uint8Array): Promise<Recording>
}
