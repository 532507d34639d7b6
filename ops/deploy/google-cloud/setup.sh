#!/usr/bin/env bash
# Builds the image with Cloud Build, stores the secrets, deploys the Cloud Run service, and schedules its cron tick.
# Run it again after every change: what exists is kept, and what differs is updated.
#
#   GOOGLE_CLOUD_PROJECT=my-project REGION=europe-west3 bash ops/deploy/google-cloud/setup.sh .env
#
# The file has a line NAME=value for each setting. Secret values are passed to gcloud over standard input or in a file
# that only this user can read, never as an argument.
set -euo pipefail
cd "$(dirname "$0")/../../.."

settings=${1:-.env}
project=${GOOGLE_CLOUD_PROJECT:?Set GOOGLE_CLOUD_PROJECT to the id of the project.}
region=${REGION:?Set REGION to the region of the database, such as europe-west3.}
# 0 sleeps without requests, 1 is always on.
min_instances=${MIN_INSTANCES:-0}
# Eight ticks a day stay within the free vCPU-seconds: docs/deploy/google-cloud.md.
schedule=${SCHEDULE:-0 */3 * * *}
plain=(CORS_ORIGINS CLERK_ISSUER CLERK_AUTHORIZED_PARTIES R2_ACCOUNT_ID R2_BUCKET_NAME R2_ACCESS_KEY_ID)
secret=(DATABASE_URL DIRECT_URL CLERK_SECRET_KEY CLERK_WEBHOOK_SECRET R2_SECRET_ACCESS_KEY EMAIL_ENC_KEY
  EMAIL_INDEX_KEY CRON_SECRET)

fail() {
  echo "$1" >&2
  exit 1
}

[[ -r $settings ]] || fail "$settings cannot be read. Copy .env.example to it and set the values."
command -v gcloud >/dev/null || fail 'gcloud cannot be found. Install the Google Cloud CLI, or use Cloud Shell.'

declare -A value=()
while IFS= read -r line || [[ -n $line ]]; do
  [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]] || continue
  name=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
  case $text in \"*\" | \'*\') text=${text:1:-1} ;; esac
  value[$name]=$text
done <"$settings"

missing=()
for name in "${plain[@]}" "${secret[@]}"; do
  [[ -n ${value[$name]:-} ]] || missing+=("$name")
done
[[ ${#missing[@]} = 0 ]] || fail "$settings has no value for: ${missing[*]}."
for name in PUBLIC_URL ALLOWED_HOSTS "${plain[@]}"; do
  # It would end the quoted text in service.yaml.
  [[ ${value[$name]:-} != *\'* ]] || fail "The value of $name contains a quote."
done

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
chmod 700 "$files"

run() {
  gcloud --project "$project" --quiet "$@"
}

echo 'Enabling the services…'
run services enable run.googleapis.com cloudbuild.googleapis.com artifactregistry.googleapis.com \
  cloudscheduler.googleapis.com secretmanager.googleapis.com

repository=pacer
if ! run artifacts repositories describe "$repository" --location "$region" >/dev/null 2>&1; then
  run artifacts repositories create "$repository" --location "$region" --repository-format docker
fi

account="pacer-run@$project.iam.gserviceaccount.com"
if ! run iam service-accounts describe "$account" >/dev/null 2>&1; then
  run iam service-accounts create pacer-run --display-name 'Pacer on Cloud Run'
fi

echo 'Storing the secrets…'
for name in "${secret[@]}"; do
  run secrets describe "$name" >/dev/null 2>&1 || run secrets create "$name" --replication-policy automatic
  stored=$(run secrets versions access latest --secret "$name" 2>/dev/null || true)
  if [[ $stored != "${value[$name]}" ]]; then
    printf %s "${value[$name]}" | run secrets versions add "$name" --data-file -
  fi
  run secrets add-iam-policy-binding "$name" --member "serviceAccount:$account" \
    --role roles/secretmanager.secretAccessor >/dev/null
done

echo 'Building the image…'
image="$region-docker.pkg.dev/$project/$repository/pacer:$(git rev-parse --short HEAD)"
run builds submit --tag "$image" --timeout 20m .

# Cloud Run gives every service this address, which is known before the first deployment.
number=$(run projects describe "$project" --format 'value(projectNumber)')
host="pacer-$number.$region.run.app"
value[PUBLIC_URL]=${value[PUBLIC_URL]:-https://$host}
value[ALLOWED_HOSTS]=${value[ALLOWED_HOSTS]:-$host}
value[REGION]=$region value[MIN_INSTANCES]=$min_instances value[SERVICE_ACCOUNT]=$account value[IMAGE]=$image

service=$(<ops/deploy/google-cloud/service.yaml)
for name in PUBLIC_URL ALLOWED_HOSTS REGION MIN_INSTANCES SERVICE_ACCOUNT IMAGE "${plain[@]}"; do
  service=${service//"\${$name}"/"${value[$name]}"}
done
printf '%s\n' "$service" >"$files/service.yaml"

echo 'Deploying the service…'
run run services replace "$files/service.yaml" --region "$region"
run run services add-iam-policy-binding pacer --region "$region" --member allUsers --role roles/run.invoker >/dev/null

echo 'Scheduling the cron tick…'
write_flags() {
  (
    umask 077
    printf -- '--schedule: "%s"\n--uri: "%s/cron/tick"\n--http-method: POST\n--attempt-deadline: 60s\n%s:\n  Authorization: "Bearer %s"\n' \
      "$schedule" "${value[PUBLIC_URL]}" "$1" "${value[CRON_SECRET]}" >"$files/scheduler.yaml"
  )
}
if run scheduler jobs describe pacer-cron --location "$region" >/dev/null 2>&1; then
  write_flags --update-headers
  run scheduler jobs update http pacer-cron --location "$region" --flags-file "$files/scheduler.yaml"
else
  write_flags --headers
  run scheduler jobs create http pacer-cron --location "$region" --flags-file "$files/scheduler.yaml"
fi

echo "Deployed: ${value[PUBLIC_URL]}. Next: npm run cli -- smoke ${value[PUBLIC_URL]} --token -"
