import type { Sport } from '../../generated/prisma/enums.ts'

const sportOfWord = new Map<string, Sport>([
  ...words('RUNNING', 'run running runner jog jogging treadmill'),
  ...words('CYCLING', 'cycling biking bike ebike ride bicycle cyclocross spin spinning'),
  ...words('SWIMMING', 'swim swimming'),
  ...words('WALKING', 'walk walking'),
  ...words('HIKING', 'hike hiking trekking'),
  ...words('ROWING', 'row rowing rower'),
  ...words('STRENGTH', 'strength weight weights weightlifting'),
])

function words(sport: Sport, list: string): [string, Sport][] {
  return list.split(' ').map((word) => [word, sport])
}

/** Maps names such as "trail_running", "VirtualRide", "e_biking" and "Biking" to sports; unknown names to OTHER. */
export function sportNamed(name: unknown): Sport {
  if (typeof name !== 'string' || name.startsWith('wheelchair')) return 'OTHER'
  const parts = name
    .slice(0, 100)
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
  for (const part of parts) {
    const sport = sportOfWord.get(part)
    if (sport !== undefined) return sport
  }
  return 'OTHER'
}

/** Maps FIT's sport. For unspecific sports (fitness equipment, training) the sub-sport decides. */
export function sportOfFit(sport: unknown, subSport: unknown): Sport {
  if (sport === 'training') return subSport === 'strength_training' ? 'STRENGTH' : 'OTHER'
  if (sport === 'fitness_equipment' || sport === 'generic' || sport === undefined) return sportNamed(subSport)
  return sportNamed(sport)
}

/** The sport of all parts, or OTHER if they differ. */
export function commonSport(sports: readonly Sport[]): Sport {
  const [first] = sports
  return first !== undefined && sports.every((sport) => sport === first) ? first : 'OTHER'
}
