"""The rows of the catalogue as they were asked for: each KPI's kind and dimensions, family by family."""

from __future__ import annotations

Row = tuple[str, tuple[str, ...]]

SELF_SERVICE: dict[str, Row] = {
    "self_service_adoption": ("ratio", ("channel", "plan", "segment")),
    "self_service_resolution": ("ratio", ("channel", "plan", "segment")),
    "self_service_abandonment": ("ratio", ("channel",)),
    "bot_resolution": ("ratio", ("channel", "bot")),
    "bot_handoff": ("ratio", ("channel", "bot")),
    "durable_resolution": ("ratio", ("channel",)),
    "help_search_success": ("ratio", ("platform",)),
    "help_search_no_result": ("ratio", ("platform",)),
    "article_helpful": ("ratio", ("article",)),
    "article_effectiveness": ("ratio", ("article",)),
    "in_app_help_usage": ("ratio", ("platform",)),
    "self_service_score": ("quotient", ()),
}
SUPPORT: dict[str, Row] = {
    "conversation_abandonment": ("ratio", ("channel", "medium")),
    "time_to_resolution": ("seconds", ("channel", "resolver")),
    "first_response_time": ("seconds", ("channel",)),
    "reopen": ("ratio", ("channel",)),
    "open_conversations": ("level", ("channel", "age")),
    "pending_issues": ("level", ("channel",)),
}
ADOPTION: dict[str, Row] = {
    "active_users": ("level", ("plan", "segment", "role", "platform")),
    "stickiness": ("ratio", ("plan", "segment")),
    "adoption": ("ratio", ("plan", "segment")),
    "role_adoption": ("ratio", ("role",)),
    "feature_adoption": ("ratio", ("feature", "plan")),
    "feature_activation": ("ratio", ("feature",)),
    "usage_frequency_days": ("quotient", ("plan",)),
    "usage_frequency_sessions": ("quotient", ("plan",)),
    "core_feature_usage": ("quotient", ("feature",)),
    "account_activity": ("ratio", ("plan",)),
    "customer_engagement": ("ratio", ("channel",)),
    "activation": ("ratio", ("plan", "platform")),
    "activation_sessions_per_activity": ("quotient", ()),
    "time_to_first_value": ("seconds", ("plan", "platform")),
    "time_to_key_action": ("seconds", ("plan",)),
    "onboarding_completion": ("ratio", ("flow", "platform")),
    "onboarding_task_completion": ("ratio", ("flow", "step")),
    "tour_completion": ("ratio", ("flow",)),
    "milestone_progression": ("ratio", ("flow", "step")),
    "drop_off": ("ratio", ("flow", "step")),
}
RETENTION: dict[str, Row] = {
    "retention_d1": ("ratio", ("cohort", "plan")),
    "retention_d7": ("ratio", ("cohort", "plan")),
    "retention_d30": ("ratio", ("cohort", "plan")),
    "inactive_d1": ("ratio", ("cohort",)),
    "inactive_d7": ("ratio", ("cohort",)),
    "inactive_d30": ("ratio", ("cohort",)),
    "customer_retention": ("ratio", ("plan", "segment")),
    "churn": ("ratio", ("plan", "segment")),
    "cancellation_reasons": ("ratio", ("reason",)),
    "renewal": ("ratio", ("plan",)),
}
GROWTH: dict[str, Row] = {
    "conversion": ("quotient", ("platform",)),
    "free_to_paid": ("ratio", ("segment",)),
    "upgrade": ("ratio", ("plan",)),
    "time_to_upgrade": ("seconds", ("plan",)),
    "expansion_mrr": ("amount", ("plan", "currency")),
    "self_serve_upsell": ("ratio", ("plan",)),
    "viral_coefficient": ("quotient", ()),
    "referral": ("ratio", ()),
    "fake_signups": ("ratio", ("reason",)),
}
SATISFACTION: dict[str, Row] = {
    "nps": ("score", ("survey", "plan")),
    "csat": ("ratio", ("channel", "survey")),
    "ces": ("score", ("survey", "feature")),
    "feedback_volume": ("count", ("feature", "milestone")),
    "feedback_quality": ("ratio", ("feature",)),
    "enhancement_lead_time": ("seconds", ()),
    "email_engagement": ("ratio", ("campaign",)),
    "social_mentions": ("count", ("network", "sentiment")),
    "health_score": ("score", ("plan",)),
    "interventions": ("level", ("trigger",)),
}

ROWS: dict[str, dict[str, Row]] = {
    "self-service": SELF_SERVICE,
    "support": SUPPORT,
    "adoption": ADOPTION,
    "retention": RETENTION,
    "growth": GROWTH,
    "satisfaction": SATISFACTION,
}
