/** README.txt of a data export. */
export const readme = `This is everything that we hold about you, as JSON.

profile.json          your account
texts.json            texts about you that other files refer to, such as the reason of a gift
credits.json          your credits and everything that happened to them
purchases.json        your subscriptions and purchases, the events about them, and your checkouts
usage.json            how much of your plan you have used
files.json            the list of the files that you uploaded; download the files themselves in the app
activities/           your activities, one file each, with laps and the recorded track
webhook-events.json   the events that our providers of sign-in and purchases sent us about you
streams/              texts that were written for you while you watched, of the last week, a file each
requests.json         your requests of the last 24 hours that created something, kept so that none is executed twice
open-streams.json     the live updates that were open, and until when their sign-ins are valid
exports.json          your data exports, including this one

Times are in ISO 8601, UTC. Sizes are in bytes, distances in meters, durations in seconds. Unknown values are null.
`
