// Generated from schemas/openapi.yaml by packages/contracts/generate.ts. Edit the schema.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @enum {string} */
        Channel: "sms" | "email" | "push";
        /**
         * @default normal
         * @enum {string}
         */
        Priority: "high" | "normal" | "low";
        /** @enum {string} */
        Status: "pending" | "queued" | "processing" | "retrying" | "delivered" | "failed" | "cancelled" | "expired";
        /**
         * @description What to do when a provider's answer is lost - call again, or fail with unknown_outcome
         * @default at_least_once
         * @enum {string}
         */
        DeliveryMode: "at_least_once" | "at_most_once";
        NewNotification: {
            channel: components["schemas"]["Channel"];
            /** @description sms: E.164; email: one mailbox; push: a token of 1-4096 printable characters */
            recipient: string;
            /** @description Not blank; at most 160 (sms), 10 000 (email), 500 (push) code points. May be left out beside template_id */
            content?: string | null;
            /** @description email alone: one line, not blank, of at most 998 code points without control characters */
            subject?: string | null;
            /** @description email alone: the same in HTML, not blank, at most 100 000 code points; `content` is its text alternative */
            html?: string | null;
            /** @default normal */
            priority?: components["schemas"]["Priority"] | null;
            /**
             * Format: uuid
             * @description Of a template for the channel; what it says takes the place of content, and of subject and html if it has them
             */
            template_id?: string | null;
            /** @description Strings, numbers and booleans by name; each that the template names must be there */
            template_variables?: {
                [key: string]: unknown;
            } | null;
            /** @description At most 8 KiB of JSON */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description Not before; in the past is now; at most 1 year ahead
             */
            scheduled_at?: string | null;
            /**
             * Format: date-time
             * @description Not after; must lie after now and after scheduled_at
             */
            expires_at?: string | null;
            /** @default 5 */
            max_attempts?: number | null;
            /** @default at_least_once */
            delivery_mode?: components["schemas"]["DeliveryMode"] | null;
        };
        NewBatch: {
            notifications: components["schemas"]["NewNotification"][];
            /** @description At most 8 KiB of JSON */
            metadata?: {
                [key: string]: unknown;
            } | null;
        };
        Notification: {
            /** Format: uuid */
            id: string;
            correlation_id: string | null;
            /** Format: uuid */
            batch_id: string | null;
            /** Format: uuid */
            template_id: string | null;
            /** @description Of the template that it was rendered from */
            template_version: number | null;
            channel: components["schemas"]["Channel"];
            recipient: string;
            content: string | null;
            /** @description Null unless an email was given one */
            subject: string | null;
            /** @description Null unless an email was given one */
            html: string | null;
            metadata: {
                [key: string]: unknown;
            } | null;
            status: components["schemas"]["Status"];
            priority: components["schemas"]["Priority"];
            /** Format: date-time */
            scheduled_at: string | null;
            /** Format: date-time */
            expires_at: string | null;
            failure_reason: string | null;
            attempts: number;
            max_attempts: number;
            /** Format: date-time */
            next_retry_at: string | null;
            /** Format: date-time */
            last_attempted_at: string | null;
            /** Format: date-time */
            delivered_at: string | null;
            /** Format: date-time */
            failed_at: string | null;
            /** Format: date-time */
            cancelled_at: string | null;
            provider: string | null;
            provider_message_id: string | null;
            idempotency_key: string | null;
            delivery_mode: components["schemas"]["DeliveryMode"];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        Batch: {
            /** Format: uuid */
            id: string;
            size: number;
            correlation_id: string | null;
            /** Format: date-time */
            created_at: string;
        };
        BatchDetail: components["schemas"]["Batch"] & {
            metadata: {
                [key: string]: unknown;
            } | null;
            counts: {
                pending?: number;
                queued?: number;
                processing?: number;
                retrying?: number;
                delivered?: number;
                failed?: number;
                cancelled?: number;
                expired?: number;
            };
            progress: {
                /** @description Delivered, failed, cancelled or expired */
                ended: number;
                /** @description Their share of all */
                ratio: number;
            };
            notifications: components["schemas"]["Notification"][];
        };
        BatchCancellation: {
            /** Format: uuid */
            id: string;
            size: number;
            /** @description By this call */
            cancelled: number;
            /** @description Delivered, failed or expired before, or an attempt of theirs is under way */
            too_late: number;
            already_cancelled: number;
        };
        Reschedule: {
            /**
             * Format: date-time
             * @description Not before; in the past is now; at most 1 year ahead
             */
            scheduled_at: string;
        };
        NotificationPage: {
            items: components["schemas"]["Notification"][];
            /** @description Of the next older page; null after the oldest */
            next_cursor: string | null;
            /** @description Of the next newer page; null at the newest */
            prev_cursor: string | null;
        };
        Ticket: {
            /** @description Opaque */
            ticket: string;
            /**
             * Format: date-time
             * @description Until then it opens sockets
             */
            expires_at: string;
        };
        Metrics: {
            /** @description Accepted by REST or read from Kafka */
            created_per_minute: number;
            delivered_per_minute: number;
            /** @description And not redriven since */
            failed_per_minute: number;
            cancelled_per_minute: number;
            expired_per_minute: number;
            /** @description Delivered of all that were delivered or failed; null when there was neither */
            success_rate: number | null;
            /** @description Records of the work topics that delivery is not done with; null when Kafka does not answer */
            queue_depth: number | null;
            /** Format: date-time */
            as_of: string;
        };
        Trace: {
            /** Format: uuid */
            notification_id: string;
            entries: (components["schemas"]["Creation"] | components["schemas"]["Transition"])[];
        };
        /** @description The first of every trace, there from the moment of acceptance on */
        Creation: {
            id: string;
            /** @constant */
            event: "created";
            correlation_id: string | null;
            details: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was accepted
             */
            created_at: string;
        };
        Transition: {
            id: string;
            event: components["schemas"]["Status"];
            correlation_id: string | null;
            details: components["schemas"]["TransitionDetails"];
            /**
             * Format: date-time
             * @description When the state was entered
             */
            created_at: string;
        };
        /** @description What there is nothing of is left out. Nothing in it says to whom it goes, or what */
        TransitionDetails: {
            /** @description Orders the states of one notification */
            version: number;
            /** @description How often it had been redriven from the dead letters */
            cycle: number;
            /** @description The one last claimed, counted from 1 in each cycle; the same again when it was not used up */
            attempt: number;
            /**
             * Format: date-time
             * @description When that attempt was claimed
             */
            started_at?: string;
            /** @description That answered last; of several asked in one attempt the last */
            provider?: string;
            /** @description The provider's own name for what it accepted */
            provider_message_id?: string;
            /**
             * @description What its answer means. `rejected` - never; `throttled` - slower, no attempt is used; `unavailable` - it surely did not take it; `unknown` - no answer came, it may have been taken
             * @enum {string}
             */
            outcome?: "accepted" | "rejected" | "throttled" | "unavailable" | "unknown";
            /** @description How long that answer took */
            duration_ms?: number;
            /** @description Why, unless it was delivered; where the provider said it, without the recipient and the texts it was sent */
            reason?: string;
            /**
             * Format: date-time
             * @description Of `retrying`: when it is tried again
             */
            next_retry_at?: string;
        };
        Template: {
            /** Format: uuid */
            id: string;
            name: string;
            channel: components["schemas"]["Channel"];
            body: string;
            subject: string | null;
            html: string | null;
            /** @description Those that were listed, then the others that its texts name */
            variables: string[];
            version: number;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When this version was made
             */
            updated_at: string;
        };
        TemplatePage: {
            items: components["schemas"]["Template"][];
            /** @description Of the next page; null after the last */
            next_cursor: string | null;
        };
        NewTemplate: {
            /** @description Unique; one line, not blank */
            name: string;
            channel: components["schemas"]["Channel"];
            /** @description Not blank, with {{.Name}} where values go */
            body: string;
            /** @description email alone: one line */
            subject?: string | null;
            /** @description email alone: values in it are escaped */
            html?: string | null;
            /** @description The names of its values; those that its texts name need not be listed */
            variables?: string[] | null;
        };
        TemplateChange: {
            /** @description As it is unless given */
            name?: string | null;
            channel?: components["schemas"]["Channel"] | null;
            body: string;
            subject?: string | null;
            html?: string | null;
            variables?: string[] | null;
        };
        /**
         * @description `unknown`: a record that another program wrote into the topic says none
         * @enum {string}
         */
        DeadLetterReason: "rejected" | "attempts_exhausted" | "unknown_outcome" | "worker_crash_loop" | "publish_refused" | "id_conflict" | "row_missing" | "too_old" | "too_large" | "undecodable" | "invalid" | "unknown";
        /** @enum {string} */
        DeadLetterState: "open" | "redriven" | "skipped";
        /** @enum {string} */
        DeadLetterResolution: "redriven" | "already_redriven" | "delivered" | "cancelled" | "expired" | "not_redrivable";
        DeadLetter: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            notification_id: string | null;
            /** @description Of the notification now; null when there is none of that id */
            notification_status: components["schemas"]["Status"] | null;
            /** @description How often it had been redriven before it failed */
            cycle: number;
            channel: string | null;
            /** @description A DeadLetterReason */
            reason: string;
            message: string | null;
            /** @description Where its bytes are in notifications.dlq */
            partition: number;
            offset: number;
            /** @description Where the record came from */
            source_topic: string | null;
            source_partition: number | null;
            source_offset: number | null;
            /** @description What a redrive made of it; null before one has looked at it */
            resolution: components["schemas"]["DeadLetterResolution"] | null;
            /** Format: date-time */
            resolved_at: string | null;
            /** Format: date-time */
            created_at: string;
        };
        DeadLetterPage: {
            items: components["schemas"]["DeadLetter"][];
            /** @description Of the next page; null after the last */
            next_cursor: string | null;
        };
        Redrive: {
            channel?: components["schemas"]["Channel"] | null;
            reason?: components["schemas"]["DeadLetterReason"] | null;
            /**
             * Format: date-time
             * @description Became one at this time or later
             */
            after?: string | null;
            /**
             * Format: date-time
             * @description Became one before this time
             */
            before?: string | null;
            /**
             * @description Only count
             * @default false
             */
            dry_run?: boolean | null;
            /** @description Redrive at most so many a second; the answer takes as long as that needs */
            rate?: number | null;
        };
        RedriveReport: {
            dry_run: boolean;
            redriven: number;
            skipped: {
                already_redriven: number;
                delivered: number;
                cancelled: number;
                expired: number;
            };
            /** @description There is no failed notification behind them, such as behind a record that was not readable */
            not_redrivable: number;
            /** @description Open ones that match and were not looked at, counted up to 100 000; a dry run looks at 100 000 */
            remaining: number;
            /**
             * Format: date-time
             * @description Now
             */
            as_of: string;
        };
        Purge: {
            channel?: components["schemas"]["Channel"] | null;
            reason?: components["schemas"]["DeadLetterReason"] | null;
            /**
             * Format: date-time
             * @description Became one at this time or later
             */
            after?: string | null;
            /**
             * Format: date-time
             * @description Became one before this time
             */
            before?: string | null;
            state?: components["schemas"]["DeadLetterState"] | null;
            /**
             * @description Only count, up to 100 000
             * @default false
             */
            dry_run?: boolean | null;
        };
        PurgeReport: {
            dry_run: boolean;
            deleted: number;
            /** @description Counted up to 100 000 */
            remaining: number;
            /**
             * Format: date-time
             * @description Now
             */
            as_of: string;
        };
        Lane: {
            channel: components["schemas"]["Channel"];
            provider: string;
            /** @description In the chain of its channel; 0 is asked first */
            position: number;
            /**
             * @description `paused` by an operator, `throttled` because its provider asked for a pause; both is paused
             * @enum {string}
             */
            status: "open" | "paused" | "throttled";
            /** Format: date-time */
            paused_at: string | null;
            paused_reason: string | null;
            /** Format: date-time */
            throttled_until: string | null;
            /**
             * Format: date-time
             * @description When a delivery process last said that it serves it
             */
            seen_at: string;
        };
        LaneList: {
            items: components["schemas"]["Lane"][];
        };
        Pause: {
            /** @description For whoever lists lanes. One line, not blank, without control characters */
            reason?: string | null;
        } | null;
        Resume: Record<string, never> | null;
        /** @description RFC 9457 */
        Problem: {
            /** @description Such as /probs/invalid-recipient */
            type: string;
            title: string;
            status: number;
            detail?: string;
            instance?: string;
            correlation_id?: string;
            errors?: {
                /** @description A path such as recipient or notifications[3].content */
                field: string;
                message: string;
            }[];
        };
        PathParameters: {
            /** Format: uuid */
            id?: string;
            channel?: components["schemas"]["Channel"];
            provider?: string;
        };
        ListNotificationsQuery: {
            status?: components["schemas"]["Status"];
            channel?: components["schemas"]["Channel"];
            /** @enum {string} */
            priority?: "high" | "normal" | "low";
            /** Format: uuid */
            batch_id?: string;
            /** Format: uuid */
            template_id?: string;
            correlation_id?: string;
            /** Format: date-time */
            created_after?: string;
            /** Format: date-time */
            created_before?: string;
            /** @default 50 */
            limit: number;
            cursor?: string;
        };
        ListTemplatesQuery: {
            channel?: components["schemas"]["Channel"];
            /** @default 50 */
            limit: number;
            cursor?: string;
        };
        ListDeadLettersQuery: {
            channel?: components["schemas"]["Channel"];
            reason?: components["schemas"]["DeadLetterReason"];
            /** Format: date-time */
            after?: string;
            /** Format: date-time */
            before?: string;
            state?: components["schemas"]["DeadLetterState"];
            /** @default 50 */
            limit: number;
            cursor?: string;
        };
        ListLanesQuery: {
            channel?: components["schemas"]["Channel"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

export const enums = {
  "Channel": [
    "sms",
    "email",
    "push"
  ],
  "Priority": [
    "high",
    "normal",
    "low"
  ],
  "Status": [
    "pending",
    "queued",
    "processing",
    "retrying",
    "delivered",
    "failed",
    "cancelled",
    "expired"
  ],
  "DeliveryMode": [
    "at_least_once",
    "at_most_once"
  ],
  "DeadLetterReason": [
    "rejected",
    "attempts_exhausted",
    "unknown_outcome",
    "worker_crash_loop",
    "publish_refused",
    "id_conflict",
    "row_missing",
    "too_old",
    "too_large",
    "undecodable",
    "invalid",
    "unknown"
  ],
  "DeadLetterState": [
    "open",
    "redriven",
    "skipped"
  ],
  "DeadLetterResolution": [
    "redriven",
    "already_redriven",
    "delivered",
    "cancelled",
    "expired",
    "not_redrivable"
  ]
} as const;
