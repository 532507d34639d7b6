-- Copies the status of an activity into rare_status unless it is READY, by a trigger for every change of the status.
-- Locks: nothing.
-- Raises: nothing.
CREATE OR REPLACE FUNCTION set_rare_status()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.rare_status := NULLIF(NEW.status, 'READY');
  RETURN NEW;
END
$function$;
