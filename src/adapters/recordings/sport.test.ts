import { describe, expect, it } from 'vitest'
import { commonSport, sportNamed, sportOfFit } from './sport.ts'

describe('sportNamed', () => {
  it.each([
    ['running', 'RUNNING'],
    ['trail_running', 'RUNNING'],
    ['TrailRun', 'RUNNING'],
    ['Biking', 'CYCLING'],
    ['e_biking', 'CYCLING'],
    ['VirtualRide', 'CYCLING'],
    ['open_water_swimming', 'SWIMMING'],
    ['walking', 'WALKING'],
    ['hiking', 'HIKING'],
    ['indoor_rowing', 'ROWING'],
    ['strength_training', 'STRENGTH'],
    ['alpine_skiing', 'OTHER'],
    ['motorcycling', 'OTHER'],
    ['wheelchair_push_run', 'OTHER'],
    ['constructor', 'OTHER'],
    ['', 'OTHER'],
    [undefined, 'OTHER'],
    [7, 'OTHER'],
  ])('%s is %s', (name, sport) => {
    expect(sportNamed(name)).toBe(sport)
  })
})

describe('sportOfFit', () => {
  it.each([
    ['cycling', 'indoor_cycling', 'CYCLING'],
    ['training', 'strength_training', 'STRENGTH'],
    ['training', 'cardio_training', 'OTHER'],
    ['fitness_equipment', 'treadmill', 'RUNNING'],
    ['fitness_equipment', 'indoor_rowing', 'ROWING'],
    ['generic', 'generic', 'OTHER'],
    [undefined, undefined, 'OTHER'],
    [250, 'generic', 'OTHER'],
  ])('%s, %s is %s', (sport, subSport, expected) => {
    expect(sportOfFit(sport, subSport)).toBe(expected)
  })
})

describe('commonSport', () => {
  it('is the sport of all parts, otherwise OTHER', () => {
    expect(commonSport(['RUNNING', 'RUNNING'])).toBe('RUNNING')
    expect(commonSport(['RUNNING', 'CYCLING'])).toBe('OTHER')
    expect(commonSport([])).toBe('OTHER')
  })
})
