/** README.txt of a data export. */
export const readme = `This is everything that we hold about you, as JSON.

profile.json          your account
files.json            the list of the files that you sent; fetch the files themselves in the app
activities/           your activities, a file each, with laps and the recorded series
webhook-events.json   what our sign-in provider told us about you
requests.json         your requests of the last 24 hours that made something, kept so that none is done twice
exports.json          your data exports, this one among them

Instants are in ISO 8601, UTC. Sizes are in bytes, distances in meters, durations in seconds. What is not known is null.
`
