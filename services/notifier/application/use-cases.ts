import type { AlertService } from './alerts/alert-service';
import type { SilenceService } from './alerts/silence-service';
import type { ChannelService } from './channels/channel-service';
import type { DeliveryService } from './deliveries/delivery-service';
import type { RoutingService } from './routing/routing-service';
import type { TemplateService } from './templates/template-service';

/** What the edges call. */
export interface NotifierUseCases {
  channels: ChannelService;
  routing: RoutingService;
  silences: SilenceService;
  alerts: AlertService;
  deliveries: DeliveryService;
  templates: TemplateService;
}
