/** README.txt of a data export. */
export const readme = `This is everything that we hold about you, as JSON.

profile.json          your account
credits.json          your credits and everything that happened to them
purchases.json        your subscriptions and purchases, what we were told about them, and your checkouts
usage.json            how much of your plan you have used
files.json            the list of the files that you sent; fetch the files themselves in the app
activities/           your activities, a file each, with laps and the recorded series
webhook-events.json   what our providers (of sign-in, of purchases) told us about you
requests.json         your requests of the last 24 hours that made something, kept so that none is done twice
exports.json          your data exports, this one among them

Instants are in ISO 8601, UTC. Sizes are in bytes, distances in meters, durations in seconds. What is not known is null.
`
